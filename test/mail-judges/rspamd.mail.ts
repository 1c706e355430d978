import { beforeAll, describe, expect, test } from 'vitest';
import { dkimRecord } from '../../src/mail/dkim.ts';
import { type Letter, openPost, recordedDays, sendingHost, variants, writeAll } from './letters.ts';
import { startRspamd, type Verdict, whyNoRspamd } from './rspamd.ts';
import { isMissing } from './tools.ts';
import { serveZone, type Zone } from './zone.ts';

const missing = isMissing('rspamd', whyNoRspamd());

describe.skipIf(missing)('rspamd with a zone of our own', () => {
  let verdicts: { name: string; isDigest: boolean; verdict: Verdict }[];
  let spoiled: Verdict;

  beforeAll(async () => {
    const post = await openPost();
    const zone: Zone = {
      'example.org': {
        A: [sendingHost.address],
        MX: [sendingHost.name],
        TXT: [`v=spf1 ip4:${sendingHost.address} -all`],
      },
      '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
      [sendingHost.name]: { A: [sendingHost.address] },
      [`${sendingHost.address.split('.').reverse().join('.')}.in-addr.arpa`]: { PTR: [sendingHost.name] },
      'reader.example': { MX: ['mx.reader.example'] },
      'mx.reader.example': { A: ['198.18.0.26'] },
    };
    for (const key of post.keys) zone[`${key.selector}._domainkey.example.org`] = { TXT: [dkimRecord(key)] };
    const names = await serveZone(zone);
    const rspamd = await startRspamd(names);
    const judge = ({ message, received }: Letter, raw = received) =>
      rspamd.judge(raw, {
        ip: sendingHost.address,
        helo: sendingHost.name,
        from: message.from,
        to: message.to,
      });
    verdicts = [];
    const letters = await writeAll(post);
    for (const [name, digest] of recordedDays()) letters.push(await post.write(name, digest));
    for (const letter of letters)
      verdicts.push({
        name: letter.name,
        isDigest: letter.message.raw.includes('List-Id:'),
        verdict: await judge(letter),
      });
    const letter = letters[0];
    const changed = letter?.received.toString('latin1').replace('\r\nSubject: ', '\r\nSubject: Not ') ?? '';
    spoiled = await judge(letter as Letter, Buffer.from(changed, 'latin1'));
    await rspamd.stop();
    await names.close();
    await post.close();
    const shown = verdicts.map(({ name, verdict: { score, symbols } }) => {
      const weighed = symbols.filter((one) => one.score !== 0).map((one) => `${one.name}(${one.score})`);
      return `  ${score.toFixed(2)}  ${name}: ${weighed.join(' ')}`;
    });
    console.info(`rspamd\n${shown.join('\n')}`);
  });

  test('scores every variant at 0 or less and would do nothing against it', () => {
    expect(verdicts.length).toBeGreaterThanOrEqual(variants().length);
    expect(verdicts.filter(({ verdict }) => verdict.score > 0)).toEqual([]);
    expect([...new Set(verdicts.map(({ verdict }) => verdict.action))]).toEqual(['no action']);
  });

  test('sees SPF, DKIM and DMARC pass, one-click unsubscribing, and nothing that speaks against DKIM, list or MIME', () => {
    for (const { name, isDigest, verdict } of verdicts) {
      const symbols = verdict.symbols.map((one) => one.name);
      const wanted = [
        'R_DKIM_ALLOW',
        'R_SPF_ALLOW',
        'DMARC_POLICY_ALLOW',
        ...(isDigest ? ['HAS_LIST_UNSUB'] : []),
      ];
      expect(symbols, name).toEqual(expect.arrayContaining(wanted));
      const against = verdict.symbols.filter(
        (one) =>
          one.score > 0 && /DKIM|DMARC|SPF|LIST|MIME|HEADER|MID|DATE|SUBJ|FROM|RCPT|CT|QP/.test(one.name),
      );
      expect(against, name).toEqual([]);
    }
  });

  test('is awake: a subject that was changed on the way breaks the signature', () => {
    expect(spoiled.symbols.map((one) => one.name)).toContain('R_DKIM_REJECT');
    expect(spoiled.score).toBeGreaterThan(verdicts[0]?.verdict.score ?? 0);
  });
});
