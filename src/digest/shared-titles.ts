import { markLine } from './marked-text.ts';
import { subjectTitle } from './subject.ts';

/** Letters and digits that are compared first; most titles differ in fewer. */
const GLANCE = 24;

/**
 * The ids of papers that a subject would name as it names another of these: parts of one long title, two that are both
 * called "Technical report". Their subjects need more than the title to differ.
 */
export function findSharedTitles(papers: Iterable<{ id: number; title: string }>): ReadonlySet<number> {
  const shared = new Set<number>();
  const glances = Map.groupBy(papers, ({ title }) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '')
      .slice(0, GLANCE),
  );
  for (const alike of glances.values()) {
    if (alike.length < 2) continue;
    const subjects = Map.groupBy(alike, ({ title }) => subjectTitle(markLine(title, 300)?.text ?? ''));
    for (const same of subjects.values()) if (same.length > 1) for (const { id } of same) shared.add(id);
  }
  return shared;
}
