import type { Context } from 'hono';
import { html } from 'hono/html';
import type { WebDependencies } from '../context.ts';
import { formTokenField, formTokenInput, readFormToken } from '../shell/forms.ts';
import { frameOf, type Html, page } from '../shell/page.ts';

/** The tokens of readers' forms: `holder` is the id of the subscriber or delivery that the page's own token names. */
export interface ReaderForms {
  /** The hidden field. */
  token(form: string, holder: number): Html;
  /** The answer to a form that is none of ours or too old; null: it may act. `again`: where the form is. */
  refuse(c: Context, form: string, holder: number, again: string): Promise<Response | null>;
}

export function readerForms({ config, clock }: WebDependencies): ReaderForms {
  return {
    token: (form, holder) => formTokenInput({ form, holder }, config.secretKey, clock.now()),
    async refuse(c, form, holder, again) {
      // Read first: what goes wrong with the connection, or a body over the limit, is not the form's fault.
      await c.req.arrayBuffer();
      const body = await c.req.parseBody().catch(() => null);
      const text = body?.[formTokenField];
      const read = readFormToken(
        typeof text === 'string' ? text : undefined,
        { form, holder },
        config.secretKey,
        clock.now(),
      );
      if (read.ok) return null;
      const [title, words, status] =
        body === null
          ? (['The form did not arrive whole', 'Nothing was changed.', 400] as const)
          : read.reason === 'stale'
            ? (['This page was open for too long', 'Nothing was changed yet.', 403] as const)
            : (['This form did not come from here', 'Nothing was changed.', 403] as const);
      return await c.html(
        page(
          frameOf(config),
          title,
          html`<p>${words} Please <a href="${again}">open it again</a> and try once more.</p>`,
        ),
        status,
      );
    },
  };
}
