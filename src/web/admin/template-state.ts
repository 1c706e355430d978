import { html } from 'hono/html';
import type { TemplatesState } from '../../digest/follow-templates.ts';
import type { WebDependencies } from '../context.ts';
import type { Html } from '../shell/page.ts';
import { instant, notice } from './layout.ts';

/** How the templates on disk stand to those that mails are made of. */
export async function lookAtTemplates({ templates }: WebDependencies): Promise<TemplatesState> {
  return (await templates?.look()) ?? { since: null, problems: [] };
}

/** What mails are made of while those on disk cannot be used; empty: of those. `more`: where what is wrong is told, if not here. */
export function refusalOf({ since, problems }: TemplatesState, more?: string): Html | '' {
  if (problems.length === 0) return '';
  const name = 'The templates as they are on disk';
  const refused = html`${more === undefined ? name : html`<a href="${more}">${name}</a>`} cannot be used`;
  if (since === null) return notice(html`${refused}. Nothing is sent until they are right.`, 'wrong');
  return notice(
    html`${refused}: mails go on with those of ${instant(since)} UTC. Once they are right they are taken up by themselves; until then Paperboy would not start again.`,
    'wrong',
  );
}
