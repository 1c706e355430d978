/** A refusal's own words, with what it only quotes left out. */
export interface ReplyWords {
  /** Without addresses, but with host names and links: those of a block list say what it is about. */
  named: string;
  /** Without host names and links too. */
  plain: string;
}

/**
 * Leaves out of a server's text (bounded, one line) what could be anybody's name: `<…>`, addresses, the recipient's
 * domain and the hosts in it, and the recipient's local part where it stands as a name. A mailbox called `relay` is
 * no word about relaying. In place of each stands `<>`.
 */
export function readWords(text: string, recipient: string | null): ReplyWords {
  let named = text
    .replace(/<(?!\w+:\/\/)[^<>\s]*>/g, '<>')
    .replace(/[^\s<>()[\]"',;]+@[^\s<>()[\]"',;]*/g, '<>');
  const at = recipient?.lastIndexOf('@') ?? -1;
  if (recipient !== null && at > 0) {
    const local = RegExp.escape(recipient.slice(0, at));
    const domain = RegExp.escape(recipient.slice(at + 1));
    named = named
      .replace(new RegExp(`(?<![\\w.-])(?:[\\w-]+\\.)*${domain}(?![\\w-])`, 'giu'), '<>')
      .replace(
        new RegExp(`(?<=["'([\`]|\\b(?:user|mailbox|account|recipient) )${local}(?![\\w.@-]*\\w)`, 'giu'),
        '<>',
      )
      .replace(new RegExp(`(?<![\\w.-])${local}(?=\\.\\.\\.|:)`, 'giu'), '<>');
  }
  const plain = named.replace(/\w+:\/\/\S+/g, '<>').replace(/(?<![\w.-])(?:[\w-]+\.)+[a-z][\w-]+/gi, '<>');
  return { named, plain };
}
