import type { App } from '../../app.ts';
import { findNewest } from '../../archive/newest.ts';
import { findPaperByName } from '../../archive/paper.ts';
import { byTrend } from '../../delivery/candidate-set.ts';
import type { Candidate } from '../../papers/candidate.ts';
import { loadPapersByIds, loadSignals } from '../../store/papers.ts';
import { candidateDocument, paperDocument, signalDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { PapersDesk } from '../desk.ts';

const papersAtOnce = 500;

export function localPapers(app: App): PapersDesk {
  const { db } = app.store;

  async function ranked(): Promise<Candidate[]> {
    const set = await app.candidates();
    set.close();
    return [...set.candidates.values()].sort(byTrend);
  }

  return {
    candidates: async (limit) => (await ranked()).slice(0, limit).map(candidateDocument),
    async *list(limit) {
      const ids = await findNewest(db, '*', { since: 0, limit });
      for (let at = 0; at < ids.length; at += papersAtOnce) {
        const page = ids.slice(at, at + papersAtOnce);
        const papers = await loadPapersByIds(db, page);
        yield page.flatMap((id) => papers.get(id) ?? []).map(paperDocument);
      }
    },
    async show(name) {
      const paper = await findPaperByName(db, name);
      if (!paper) throw new CommandError(`There is no paper ${name}.`);
      const signals = (await loadSignals(db, [paper.id], app.clock.now())).get(paper.id) ?? [];
      const candidate = (await ranked()).find((one) => one.paper.id === paper.id);
      return {
        paper: paperDocument(paper),
        signals: signals.map(signalDocument),
        candidate: candidate ? candidateDocument(candidate) : null,
      };
    },
  };
}
