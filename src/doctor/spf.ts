import { asked, cannotTell, type Found } from './ask.ts';
import { type Check, ok, warn } from './check.ts';

/** What the domain of the return path says of who may send (RFC 7208). */
export function tellSpf(domain: string, texts: Found<string>): Check {
  const title = 'SPF';
  if (texts.kind === 'unknown') return cannotTell(title, domain, texts.why);
  const records = texts.kind === 'found' ? texts.values.filter((text) => /^v=spf1(?: |$)/i.test(text)) : [];
  const [record] = records;
  const naming = '"v=spf1 include:YOUR-RELAY -all"; your relay\'s pages tell its name.';
  if (record === undefined)
    return warn(
      title,
      `${domain} has no SPF record: ${asked} ask for one`,
      `Publish a TXT record at ${domain} that names your mail server: ${naming}`,
    );
  if (records.length > 1)
    return warn(
      title,
      `${domain} has ${records.length} SPF records, which counts as none (RFC 7208)`,
      'Join them to one.',
    );
  const senders = readSenders(record);
  if (senders === 'all')
    return warn(title, `${domain} lets the whole world send (${record})`, 'End the record in -all or ~all.');
  if (senders === 'none')
    return warn(
      title,
      `${domain} names nobody who may send (${record}): no mail passes, and ${asked} ask that it does`,
      `Name your mail server in the record: ${naming}`,
    );
  return ok(
    title,
    `${domain} says who may send (${record}); whether your relay is among them, a mail to yourself tells`,
  );
}

/** Who passes by a record: what follows its `all` counts no more, a redirect only where it has none (RFC 7208 §5.1, §6.1). */
function readSenders(record: string): 'all' | 'some' | 'none' {
  const terms = record.toLowerCase().split(/ +/).slice(1);
  const all = terms.findIndex((term) => /^[+?~-]?all$/.test(term));
  if (/^\+?all$/.test(terms[all] ?? '')) return 'all';
  const counting = all < 0 ? terms : terms.slice(0, all);
  if (counting.some((term) => /^\+?(?:include|a|mx|ptr|ip4|ip6|exists)(?:[:/]|$)/.test(term))) return 'some';
  return all < 0 && terms.some((term) => term.startsWith('redirect=')) ? 'some' : 'none';
}
