import { html } from 'hono/html';
import { subscriberStatuses } from '../../store/schema.ts';
import type { FilterInput } from '../../subscribers/filter.ts';
import type { Html } from '../shell/page.ts';
import { optionList, timezones } from './subscriber-words.ts';

const filterNames = [
  ...(['status', 'search', 'topic', 'timezone', 'suppressed'] as const),
  ...(['joinedSince', 'joinedBefore', 'digestSince', 'noDigestSince'] as const),
] satisfies (keyof FilterInput)[];

/** Whom a list is about, as its query string or a hidden copy of it says. */
export function filterInputOf(read: (name: string) => string | undefined): FilterInput {
  return Object.fromEntries(
    filterNames.flatMap((name) => {
      const text = read(name)?.trim();
      return text ? [[name, text]] : [];
    }),
  );
}

/** The list's query string, with what is added to it. */
export function queryOf(input: FilterInput, more: Record<string, string> = {}): string {
  return new URLSearchParams({ ...(input as Record<string, string>), ...more }).toString();
}

/** A form's copy of whom the list it stands under is about. */
export function hiddenFilter(input: FilterInput): Html[] {
  return Object.entries(input).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value ?? ''}">`,
  );
}

export function filterForm(
  base: string,
  input: FilterInput,
  topics: readonly { slug: string; name: string }[],
): Html {
  const more = input.joinedSince || input.joinedBefore || input.digestSince || input.noDigestSince;
  const date = (name: keyof FilterInput, label: string) =>
    html`<label>${label}<input type="date" name="${name}" value="${input[name] ?? ''}"></label>`;
  return html`<form method="get" action="${base}/admin/subscribers" class="filters">
<label class="broad">Address<input type="search" name="search" value="${input.search ?? ''}" placeholder="part of it"></label>
<label>Status<select name="status">${optionList([['', 'any'], ...subscriberStatuses.map((one) => [one, one] as const)], input.status ?? '')}</select></label>
<label>Topic<select name="topic">${optionList([['', 'any'], ...topics.map(({ slug, name }) => [slug, name] as const)], input.topic ?? '')}</select></label>
<label>Time zone<select name="timezone">${optionList([['', 'any'], ...timezones.map((zone) => [zone, zone.replaceAll('_', ' ')] as const)], input.timezone ?? '')}</select></label>
<label>Suppressed<select name="suppressed">${optionList(
    [
      ['', 'any'],
      ['yes', 'yes'],
      ['no', 'no'],
    ],
    input.suppressed ?? '',
  )}</select></label>
<details${more ? html` open` : ''}><summary>Dates</summary><div class="line">
${date('joinedSince', 'Joined since')}${date('joinedBefore', 'Joined before')}${date('digestSince', 'Digest since')}${date('noDigestSince', 'No digest since')}</div></details>
<button class="quiet">Find</button>${Object.keys(input).length > 0 ? html` <a href="${base}/admin/subscribers">All</a>` : ''}
</form>`;
}
