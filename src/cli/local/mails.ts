import type { App } from '../../app.ts';
import { type PreviewedMail, previewMail } from '../../delivery/preview-mail.ts';
import { sendTestMail } from '../../delivery/test-send.ts';
import { currentEdition } from '../../digest/schedule.ts';
import { unsentLinks } from '../../subscribers/tokens.ts';
import { previewDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { MailsDesk } from '../desk.ts';
import { findSubscriberOrFail } from './find-subscriber.ts';

export function localMails(app: App): MailsDesk {
  const { clock, config, hashAddress, links, messageId } = app;
  const { db } = app.store;

  async function look(email: string): Promise<{ date: string; found: PreviewedMail & { ok: true } }> {
    const subscriber = await findSubscriberOrFail(app, email);
    const now = clock.now();
    const { date } = currentEdition(subscriber, now);
    const compose = await app.composer();
    const deps = { db, now, links, messageId, hashAddress, compose, candidates: () => app.candidates() };
    const found = await previewMail(deps, subscriber, date);
    if (!found.ok) throw new CommandError(`There is no mail for ${date}. ${found.sentence}`);
    return { date, found };
  }

  return {
    async preview(email) {
      const { date, found } = await look(email);
      const { preheader } = (await app.renderer())(found.digest);
      return { mail: previewDocument(date, found, preheader), read: async () => found.raw };
    },
    async sendTest(email, to) {
      const { found } = await look(email);
      const { publicUrl } = config.web;
      const sent = await sendTestMail(
        {
          ...{ db, now: clock.now(), hashAddress, compose: await app.composer(), transport: app.transport },
          homeUrl: `${publicUrl}/`,
          unsentLinks: unsentLinks(publicUrl),
        },
        found,
        to,
      );
      if (!sent.ok) throw new CommandError(sent.message);
      const { ok: _, ...told } = sent;
      return told;
    },
  };
}
