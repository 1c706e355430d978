import { Hono } from 'hono';
import { html } from 'hono/html';
import { listTemplates, shippedTemplates, type TemplateProblem } from '../../digest/template-files.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { mark } from './delivery-words.ts';
import { adminPage, scrolled } from './layout.ts';
import { lookAtTemplates, refusalOf } from './template-state.ts';

/** What mails are made of: which file of each is used, what it says, and whether it can be used. */
export function templatePages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { config, clock, base } = dependencies;
  const site = new Hono<AdminEnv>();
  const own = config.mail?.templatesDir ?? null;
  const shipped = shippedTemplates;

  site.get('/admin/templates', async (c) => {
    const state = await lookAtTemplates(dependencies);
    const files = await listTemplates({ shipped, own });
    const today = new Date(clock.now()).toISOString().slice(0, 10);
    return c.html(
      adminPage(
        c,
        'Templates',
        [
          state.problems.length === 0
            ? html`<p class="lead">${
                own === null
                  ? html`Mails have the templates that ship with Paperboy. <code>TEMPLATES_DIR</code> names a folder of your own, <code>paperboy templates copy</code> writes what to begin with.`
                  : html`Files in <code>${own}</code> take the place of the shipped ones of the same name. Mails are made of them as they are here: what is changed is taken up by itself once it can be used.`
              }</p>`
            : html`${refusalOf(state)}${problemList(base, state.problems)}`,
          html`<section><h2>Look at a mail</h2><form method="get" action="${base}/admin/templates/preview" class="filters">
<label class="broad">Subscriber<input name="email" placeholder="the address" required spellcheck="false" autocomplete="off"></label>
<label>Day<input type="date" name="date" value="${today}" required></label><button class="quiet">Look</button></form></section>`,
          html`<section><h2>Files</h2>${scrolled(
            'Files',
            html`<table class="log stacked"><thead><tr><th scope="col">File</th><th scope="col">From</th><th scope="col" class="number">Bytes</th></tr></thead><tbody>${files.map(
              ({ name, isOwn, file, bytes }) =>
                html`<tr><th scope="row"><a href="${base}/admin/templates/files/${name}">${name}</a></th><td data-name="From">${mark(isOwn ? 'your own' : 'shipped', isOwn ? 'open' : 'quiet')} <span class="hint said">${isOwn ? file : ''}</span></td><td data-name="Bytes" class="number">${bytes.toLocaleString('en')}</td></tr>`,
            )}</tbody></table>`,
          )}</section>`,
        ],
        { at: 'templates' },
      ),
    );
  });

  site.get('/admin/templates/files/:name{[a-zA-Z0-9_-]+\\.[a-z]+}', async (c) => {
    const name = c.req.param('name');
    const state = await lookAtTemplates(dependencies);
    const files = await listTemplates({ shipped, own });
    const found = files.find((one) => one.name === name);
    if (!found) return await c.notFound();
    const here = state.problems.filter((problem) => problem.file === found.file);
    const wrong = new Set(here.map((problem) => problem.line));
    return c.html(
      adminPage(
        c,
        name,
        [
          html`<p>${found.isOwn ? html`Your own, <code>${found.file}</code>.` : 'As it ships with Paperboy.'} <a href="${base}/admin/templates">All templates</a></p>`,
          refusalOf(state),
          here.length > 0 ? problemList(base, here) : '',
          html`<div class="scroll" role="region" aria-label="${name}" tabindex="0"><ol class="source">${found.source
            .replace(/\n$/, '')
            .split('\n')
            .map(
              (line, index) =>
                html`<li id="L${index + 1}"${wrong.has(index + 1) ? html` class="wrong-line"` : ''}><code>${line}</code></li>`,
            )}</ol></div>`,
        ],
        { at: 'templates' },
      ),
    );
  });
  return site;
}

/** What is wrong, each where it is. */
function problemList(base: string, problems: readonly TemplateProblem[]): Html {
  return html`<ul class="problems">${problems.map(({ file, line, column, message }) => {
    const name = file.split('/').at(-1) ?? file;
    const place = [file, line, column].filter((one) => one !== null).join(':');
    return html`<li class="said"><a href="${base}/admin/templates/files/${name}${line === null ? '' : `#L${line}`}"><code>${place}</code></a> ${message}</li>`;
  })}</ul>`;
}
