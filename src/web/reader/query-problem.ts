import { html } from 'hono/html';
import type { WordsProblem } from '../../subscribers/own-words.ts';
import type { Html } from '../shell/page.ts';

/** How much of a long query is shown around what is wrong with it. */
const around = 40;

/** What is wrong with words of one's own, and where: the stretch that the parser names is marked. */
export function showWordsProblem(id: string, text: string, { message, error }: WordsProblem): Html {
  if (!error || text === '') return html`<span class="wrong" id="${id}">${message}</span>`;
  const { position, length, hint } = error;
  const from = Math.max(0, position - around);
  const to = position + Math.max(length, 1);
  // A place at the end has nothing to mark but the end itself.
  const marked = text.slice(position, to) || '\u00a0';
  return html`<span class="wrong" id="${id}">${message}
<code class="place">${from > 0 ? '…' : ''}${text.slice(from, position)}<mark>${marked}</mark>${text.slice(to, to + around)}${
    to + around < text.length ? '…' : ''
  }</code>${hint ? html`<span>${hint}</span>` : ''}</span>`;
}
