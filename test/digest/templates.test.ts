import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderDigest } from '../../src/digest/render.ts';
import { TemplateError } from '../../src/digest/template-files.ts';
import { loadTemplates } from '../../src/digest/templates.ts';
import { makeDigest, oddPapers, site } from './digests.ts';

const shipped = new URL('../../templates', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paperboy-templates-'));
  cpSync(shipped, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The source as it was. */
function edit(file: string, from: string, to: string): string {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  expect(source).toContain(from);
  writeFileSync(path, source.replaceAll(from, to));
  return source;
}

async function problemOf(file: string, from: string, to: string): Promise<string> {
  const source = edit(file, from, to);
  const error = await loadTemplates(folder).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  writeFileSync(join(folder, file), source);
  expect(error).toBeInstanceOf(TemplateError);
  return (error as TemplateError).message;
}

/** `:LINE:COLUMN` of a text in a shipped file. */
function placeOf(file: string, text: string): string {
  const before = readFileSync(join(shipped, file), 'utf8').split(text)[0] ?? '';
  const lines = before.split('\n');
  return `${file}:${lines.length}:${(lines.at(-1) as string).length + 1}: `;
}

test('the shipped templates load', async () => {
  await expect(loadTemplates(shipped)).resolves.toHaveProperty('html');
});

test('a field that does not exist is named with its file, line and column', async () => {
  const message = await problemOf('paper.mjml', '{{authors}}', '{{autors}}');
  expect(message).toContain(
    `${placeOf('paper.mjml', 'authors}}</p>')}{{autors}}: there is no field autors here; here are brief, start,`,
  );
  expect(await problemOf('digest.txt', '{{wrap inside}}', '{{wrap insid}}')).toContain(
    `${placeOf('digest.txt', 'inside}}')}{{insid}}: `,
  );
});

test.each([
  // What a paper is told of is not known outside of the papers, nor the other way round.
  ['digest.mjml', '{{date}}', '{{summary}}', 'no field summary here'],
  ['paper.mjml', '{{summary}}', '{{date}}', 'no field date here'],
  ['paper.mjml', '{{topics}}', '{{title}}', 'no field title here'],
  ['paper.mjml', '{{topics}}', '{{../title}}', 'reaches for what is not known'],
  ['digest.mjml', '{{words.change}}', '{{words.chang}}', 'no field chang here'],
  ['digest.mjml', '{{words.change}}', '{{words}}', 'a group of fields (preferences, change'],
  ['paper.mjml', '{{#each links}}', '{{#each title}}', 'title is text'],
  ['paper.mjml', '{{#each links}}', '{{#with links}}{{/with}}{{#each links}}', 'links is a list'],
  ['paper.mjml', '{{#unless @first}}', '{{#unless @root.papers}}', 'not known; in a list there are @index'],
  ['digest.txt', '{{wrap reason}}', '{{wrong reason}}', '{{wrong}} is no helper'],
  ['digest.txt', '{{wrap reason}}', '{{> reason}}', 'use <mj-include>'],
  ['paper.mjml', '{{summary}}', '{{{summary}}}', 'unescaped'],
])('in %s, %s cannot be %s', async (file, from, to, why) => {
  const message = await problemOf(file, from, to);
  expect(message).toMatch(new RegExp(`${file}:\\d+:\\d+: .*`));
  expect(message).toContain(why);
});

test('bad tags are named with their place', async () => {
  expect(await problemOf('paper.mjml', '{{/with}}', '{{/if}}')).toContain("with doesn't match if");
  expect(await problemOf('digest.txt', '{{wrap reason}}', '{{wrap reason')).toMatch(/digest\.txt:\d+:\d+: /);
});

test.each([
  ['{{authors}}</p>', '{{authors}}', '<p> is not closed in the block'],
  ['{{summary}}</p>', '{{summary}}</em></p>', '</em> closes nothing'],
  ['{{summary}}</p>', '<b>{{summary}}</p>', '<b> is not closed before </p>'],
  ['href="{{href}}">{{title}}', 'href={{href}}>{{title}}', 'the value of href needs quotation marks'],
  ['href="{{href}}">{{title}}', 'href="{{title}}">{{title}}', '{{title}} in href is no address'],
  ['class="summary"', 'class="summary" {{summary}}', 'stands in <p> outside of quotation marks'],
  ['class="summary"', 'class="summary" onclick="{{summary}}"', 'would let text from outside act there'],
  ['class="summary"', 'class="summary" style="color:{{summary}}"', 'would let text from outside act there'],
  ['{{#if summary}}', '<!-- {{summary}} -->{{#if summary}}', 'in a comment, where it is not escaped'],
  ['{{#if summary}}', '<script>1</script>{{#if summary}}', 'no mail reader runs scripts'],
])('markup in which text would not stay text is refused: %s as %s', async (from, to, why) => {
  const message = await problemOf('paper.mjml', from, to);
  expect(message).toMatch(/paper\.mjml:\d+:\d+: /);
  expect(message).toContain(why);
});

test('every problem of every file is told at once', async () => {
  const path = join(folder, 'light.css');
  writeFileSync(path, `${readFileSync(path, 'utf8')}}`);
  const message = await problemOf('paper.mjml', '{{topics}}', '{{topcs}}{{hrf}}');
  expect(message.match(/^ {2}\S+:\d+:\d+: /gm)).toHaveLength(3);
  expect(message).toMatch(/light\.css:\d+:1: this } closes nothing/);
});

test('MJML that is not valid is named with file, line and column', async () => {
  expect(await problemOf('paper.mjml', '<mj-text css-class', '<mj-text colour="red" css-class')).toContain(
    'paper.mjml:1:10: <mj-text>: Attribute colour is illegal',
  );
  const body = placeOf('digest.mjml', '<mj-body');
  expect(await problemOf('digest.mjml', '<mj-body', '<mj-body css-class="widht" widht="600px"')).toContain(
    `${body.replace(/\d+: $/, '30: ')}<mj-body>: Attribute widht is illegal`,
  );
  // In a line of its own, not where its element begins.
  expect(await problemOf('digest.mjml', '<mj-body', '<mj-body\n    widht="x > y"')).toContain(
    `digest.mjml:${Number(body.split(':')[1]) + 1}:5: <mj-body>: Attribute widht is illegal`,
  );
  const breakpoint = '<mj-breakpoint width="480px" />';
  expect(await problemOf('digest.mjml', breakpoint, `${breakpoint}<mj-brekpoint />`)).toContain(
    `${placeOf('digest.mjml', breakpoint).replace(/\d+: $/, '36: ')}<mj-brekpoint>: `,
  );
  expect(await problemOf('digest.mjml', breakpoint, `${breakpoint}<mj-text>x</mj-text>`)).toMatch(
    /digest\.mjml:9:36: <mj-text>: mj-text cannot be used inside mj-head/,
  );
});

test('a file that cannot be included is told', async () => {
  expect(await problemOf('digest.mjml', './paper.mjml', './papers.mjml')).toMatch(
    /digest\.mjml:\d+:\d+: .*papers\.mjml cannot be read/,
  );
  expect(await problemOf('digest.mjml', './dark.css', './darker.css')).toMatch(/darker\.css/);
  expect(await problemOf('digest.mjml', './paper.mjml', '../paper.mjml')).toMatch(/beside this one/);
  expect(
    await problemOf('paper.mjml', '<mj-text', '<mj-include path="./light.css" type="css" /><mj-text'),
  ).toMatch(/paper\.mjml:1:1: what is included cannot include more/);
});

test.each([
  ['digest.txt', '{{#each papers}}', '{{#if papers}}{{/if}}{{#each words}}', 'words is a group of fields'],
  ['digest.txt', '{{unsubscribeUrl}}', '', 'must hold {{unsubscribeUrl}}'],
  ['digest.txt', '{{wrap postalAddress}}', '', 'must hold {{postalAddress}}'],
  ['digest.mjml', '{{reason}}', `{{reason}}${'x'.repeat(40_000)}`, 'leaves too little room'],
])('a template that would not do is refused: %s with %s as %s', async (file, from, to, why) => {
  expect(await problemOf(file, from, to)).toContain(why);
});

describe("an operator's own templates", () => {
  const only = (...names: string[]) => {
    for (const name of readdirSync(folder)) if (!names.includes(name)) rmSync(join(folder, name));
  };
  const papers = oddPapers();
  const htmlWith = async (own: string | null) =>
    renderDigest(await loadTemplates(shipped, own), makeDigest(papers), site).html;

  test('take the place of those of the same name, and only of those', async () => {
    only('paper.mjml', 'light.css');
    edit('paper.mjml', '<h2', '<p class="summary">Ours</p><h2');
    edit('light.css', '#1a5276', '#0b5394');
    const html = await htmlWith(folder);
    expect(html.match(/>Ours</g)).toHaveLength(papers.length);
    expect(html).toContain('#0b5394');
    expect(html).not.toContain('#1a5276');
    only();
    expect(await htmlWith(folder)).toBe(await htmlWith(null));
  });

  test('may bring files of their own, which only they include', async () => {
    only('digest.mjml');
    writeFileSync(join(folder, 'seal.mjml'), '<mj-text>Seal of {{sentBy}}</mj-text>\n');
    edit(
      'digest.mjml',
      '<mj-raw>{{#each papers}}</mj-raw>',
      '<mj-include path="seal.mjml" /><mj-raw>{{#each papers}}</mj-raw>',
    );
    expect(await htmlWith(folder)).toContain('Seal of Sent by Paperboy');
  });

  test('that nothing reads are told: a name was mistyped', async () => {
    only('light.css');
    writeFileSync(join(folder, 'papers.mjml'), '<mj-text>x</mj-text>');
    writeFileSync(join(folder, 'README.md'), 'ours');
    await expect(loadTemplates(shipped, folder)).rejects.toThrow(
      /papers\.mjml: takes no template's place and is included nowhere; there are confirm\.css, .*paper\.mjml/,
    );
  });

  test('that are not there, or no folder, are told', async () => {
    await expect(loadTemplates(shipped, join(folder, 'none'))).rejects.toThrow(/none: cannot be read/);
    await expect(loadTemplates(shipped, join(folder, 'light.css'))).rejects.toThrow(TemplateError);
  });

  test('are named where they are, the shipped ones where those are', async () => {
    only('light.css', 'paper.mjml');
    edit('paper.mjml', '{{title}}', '{{titel}}');
    await expect(loadTemplates(shipped, folder)).rejects.toThrow(join(folder, 'paper.mjml:'));
  });
});
