import type { AlertRow } from '../store/alerts.ts';
import { stamp, type Trouble } from './troubles.ts';

/** A trouble as the table keeps it: its headline, what is known, what to do, and last the command. */
export function writeMessage({ headline, lines, command }: Omit<Trouble, 'cause'>): string {
  return [headline, ...lines, command].map((line) => line.replace(/\s+/g, ' ').trim()).join('\n');
}

/** Reads what `writeMessage` wrote. */
export function readMessage(message: string): Omit<Trouble, 'cause'> {
  const lines = message.split('\n');
  return { headline: lines[0] ?? '', lines: lines.slice(1, -1), command: lines.at(-1) ?? '' };
}

export interface AlertMail {
  subject: string;
  text: string;
  html: string;
}

/** One mail about all that is to be told: what is wrong, then what is well again. `home` is PUBLIC_URL. */
export function writeAlertMail(alerts: readonly AlertRow[], home: string): AlertMail {
  const wrong = alerts.filter((one) => one.ended_at === null);
  const well = alerts.filter((one) => one.ended_at !== null);
  const first = readMessage((wrong[0] ?? well[0])?.message ?? '').headline;
  const subject =
    wrong.length > 1
      ? `Paperboy: ${wrong.length} things are wrong: ${first}`
      : `Paperboy: ${wrong.length === 0 ? 'well again: ' : ''}${first}`;
  const blocks = [
    ...wrong.map((one) => tellWrong(one)),
    ...well.map((one) => ({
      title: `Well again since ${stamp(one.ended_at ?? 0)}`,
      lines: [`It was: ${readMessage(one.message).headline}`],
    })),
  ];
  const foot = `From Paperboy at ${home} to ADMIN_EMAIL, at most once a day for one cause. \`paperboy alerts list\` shows what stands, \`paperboy doctor\` looks at everything.`;
  return {
    subject,
    text: `${[...blocks.map(({ title, lines }) => [title, ...lines].join('\n\n')), `-- \n${foot}`].join('\n\n\n')}\n`,
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font-family:sans-serif;line-height:1.5;max-width:40em">
${blocks.map(({ title, lines }) => `<h2 style="font-size:1.1em">${markUp(title)}</h2>\n${lines.map((line) => `<p>${markUp(line)}</p>`).join('\n')}`).join('\n')}
<p style="color:#595959;font-size:.9em">${markUp(foot)}</p>
</body>
</html>
`,
  };
}

function tellWrong(row: AlertRow): { title: string; lines: string[] } {
  const { headline, lines, command } = readMessage(row.message);
  return { title: headline, lines: [...lines, `Noticed ${stamp(row.raised_at)}. More: \`${command}\``] };
}

/** What stands in backticks is code. */
function markUp(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}
