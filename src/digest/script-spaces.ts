const HAN_OR_KANA = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const WESTERN = /[!-~\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u;

/** What is to stand where two texts meet: a space between Chinese or Japanese and Western words, nothing else. */
export function spaceBetween(before: string, after: string): '' | ' ' {
  const last = before.at(-1) ?? '';
  const first = after[0] ?? '';
  return (HAN_OR_KANA.test(last) && WESTERN.test(first)) || (WESTERN.test(last) && HAN_OR_KANA.test(first))
    ? ' '
    : '';
}
