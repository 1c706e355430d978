import { html } from 'hono/html';
import type { SubscriberStatus } from '../../store/schema.ts';
import type { Html } from '../shell/page.ts';

export const counted = (count: number) => count.toLocaleString('en');

/** A status as a word with a colour of its own, told by the word alone as well. */
export function statusWord(status: SubscriberStatus): Html {
  return html`<span class="status ${status}">${status}</span>`;
}

export function optionList(
  choices: readonly (readonly [value: string, name: string])[],
  chosen: string,
): Html[] {
  return choices.map(
    ([value, name]) =>
      html`<option value="${value}"${value === chosen ? html` selected` : ''}>${name}</option>`,
  );
}

// The runtime's list leaves UTC out.
export const timezones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
