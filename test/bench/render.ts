/**
 * Milliseconds a digest of ten papers takes to render: `node test/bench/render.ts`. Ours (cards warm, as
 * in a plan) beside the plain way, in which each recipient's digest is filled in and goes through mjml.
 */
import Handlebars from 'handlebars';
import mjml2html from 'mjml';
import { renderDigest } from '../../src/digest/render.ts';
import { loadTemplates } from '../../src/digest/templates.ts';
import { viewPaper } from '../../src/digest/view.ts';
import { links, makeDigest, site, usualPapers } from '../digest/digests.ts';

const PAPERS = 10;
const WARM = 20_000;
const COLD = 300;
const PLAIN = 60;

const perRun = (start: number, runs: number) => (performance.now() - start) / runs;

const startLoad = performance.now();
const templates = await loadTemplates(new URL('../../templates', import.meta.url).pathname);
const loadMs = performance.now() - startLoad;

const papers = usualPapers(PAPERS);
const digestOf = (index: number) =>
  makeDigest(papers, {
    links: {
      ...links,
      unsubscribe: `${links.unsubscribe}${index}`,
      preferences: `${links.preferences}${index}`,
    },
  });

let bytes = 0;
for (let index = 0; index < 2000; index++) bytes = renderDigest(templates, digestOf(index), site).html.length;
let start = performance.now();
for (let index = 0; index < WARM; index++) bytes = renderDigest(templates, digestOf(index), site).html.length;
const warmMs = perRun(start, WARM);

start = performance.now();
for (let index = 0; index < COLD; index++) {
  const fresh = papers.map(({ paper, ...told }) => ({
    ...told,
    paper: { ...paper, id: 100_000 + index * PAPERS + paper.id },
  }));
  renderDigest(templates, makeDigest(fresh), site);
}
const coldMs = perRun(start, COLD);

// The plain way, kindly: one section, one text block per paper, the views made beforehand.
const plain = Handlebars.compile(`<mjml><mj-body><mj-section><mj-column>
{{#each papers}}<mj-text><h2><a href="{{href}}">{{title}}</a></h2><p>{{authors}}</p><p>{{summary}}</p>
<p>{{#each links}}<a href="{{href}}">{{label}}</a> {{/each}}</p></mj-text>{{/each}}
<mj-text><a href="{{unsubscribe}}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>`);
const views = papers.map(({ paper }) => viewPaper(paper, 'en'));
const fill = (index: number) =>
  mjml2html(plain({ papers: views, unsubscribe: `${links.unsubscribe}${index}` }));
for (let index = 0; index < 10; index++) await fill(index);
start = performance.now();
for (let index = 0; index < PLAIN; index++) await fill(index);
const plainMs = perRun(start, PLAIN);

const ms = (value: number) => `${value.toFixed(3).padStart(9)} ms`;
console.log(`templates loaded     ${ms(loadMs)}`);
console.log(`a digest, cards warm ${ms(warmMs)}   ${bytes} characters of HTML, ${PAPERS} papers`);
console.log(`a digest, cards cold ${ms(coldMs)}`);
console.log(`mjml per recipient   ${ms(plainMs)}   ${(plainMs / warmMs).toFixed(0)} times ours`);
