import { previewSchema, testedSchema } from '../../web/api/mails.ts';
import type { MailsDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { findSubscriberThere } from './find-subscriber.ts';

export function remoteMails(client: Client): MailsDesk {
  return {
    async preview(email) {
      const { id } = await findSubscriberThere(client, email);
      const path = `/subscribers/${id}/mail`;
      const mail = await client.get(path, { date: 'next' }, previewSchema);
      return {
        mail,
        async read() {
          const pieces = client.download(`${path}.eml`, { date: mail.date }, 'message/rfc822');
          return Buffer.concat(await Array.fromAsync(pieces));
        },
      };
    },
    async sendTest(email, to) {
      const { id } = await findSubscriberThere(client, email);
      return await client.post(`/subscribers/${id}/test-mail`, { to, date: 'next' }, testedSchema);
    },
  };
}
