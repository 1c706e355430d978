import { html, raw } from 'hono/html';
import type { SubscriberStatus } from '../../store/schema.ts';
import type { Html } from '../shell/page.ts';

export const counted = (count: number) => count.toLocaleString('en');

/** A status as a word with a colour of its own, told by the word alone as well. */
export function statusWord(status: SubscriberStatus): Html {
  return html`<span class="status ${status}">${status}</span>`;
}

/** The options of a select; a thousand topics take a millisecond, as templates they would take forty. */
export function optionList(
  choices: readonly (readonly [value: string, name: string])[],
  chosen: string,
): Html {
  const options = choices.map(
    ([value, name]) =>
      `<option value="${escaped(value)}"${value === chosen ? ' selected' : ''}>${escaped(name)}</option>`,
  );
  return raw(options.join(''));
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

// The runtime's list leaves UTC out.
export const timezones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
