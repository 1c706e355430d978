import { type Steering, steeringChoices } from '../digest/steer.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { type Feedback, findLatestFeedback } from '../store/feedback.ts';
import { loadPapersByIds } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { cosine, type PaperVector } from '../topics/nearness.ts';
import type { CandidateSet } from './candidate-set.ts';

/** Papers that somebody has chosen and candidates that were compared with them, kept from page to page of subscribers. */
const maxKept = 20_000;

/** Tells what steers the rankings of a page of subscribers; those who never chose are absent, and cost a look alone. */
export type SteeringReader = (db: Db, subscriberIds: readonly number[]) => Promise<Map<number, Steering>>;

/** For one plan, or one look: what is made of the papers is kept. */
export function createSteeringReader(candidates: CandidateSet): SteeringReader {
  const vectors = new Map<number, PaperVector>();
  const titles = new Map<number, string>();
  let places: Map<number, number> | undefined;

  const keep = (paper: StoredPaper) => {
    vectors.set(paper.id, candidates.nearness().vectorOf(paper));
    titles.set(paper.id, paper.title);
  };

  const vectorOfCandidate = (paperId: number): PaperVector | undefined => {
    const candidate = candidates.candidates.get(paperId);
    if (candidate && !vectors.has(paperId)) keep(candidate.paper);
    return vectors.get(paperId);
  };

  const steer = (choices: readonly Feedback[]): Steering => {
    const more = choices.filter(({ verdict }) => verdict === 'more');
    const side = (some: readonly Feedback[]) => {
      const toward = some.flatMap(({ paperId }) => vectors.get(paperId) ?? []);
      let leaning: Float32Array | undefined;
      return {
        choices: toward.length,
        lean(paperId: number) {
          leaning ??= candidates.nearness().lean(toward);
          places ??= new Map([...candidates.candidates.keys()].map((id, place) => [id, place]));
          return leaning[places.get(paperId) ?? -1] ?? 0;
        },
      };
    };
    return {
      more: side(more),
      less: side(choices.filter(({ verdict }) => verdict === 'less')),
      nearestLiked(paperId) {
        const own = vectorOfCandidate(paperId);
        let nearest: { title: string; near: number } | null = null;
        for (const { paperId: liked } of own ? more : []) {
          const vector = vectors.get(liked);
          const near = vector && own ? cosine(own, vector) : 0;
          if (near > (nearest?.near ?? 0)) nearest = { title: titles.get(liked) ?? '', near };
        }
        return nearest?.title || null;
      },
    };
  };

  return async (db, subscriberIds) => {
    const latest = await findLatestFeedback(db, subscriberIds, steeringChoices);
    if (vectors.size > maxKept) {
      vectors.clear();
      titles.clear();
    }
    const chosen = [...latest.values()].flat().map(({ paperId }) => paperId);
    const missing = chosen.filter((id) => !vectors.has(id));
    for (const paper of (await loadPapersByIds(db, missing)).values()) keep(paper);
    return new Map([...latest].map(([subscriberId, choices]) => [subscriberId, steer(choices)]));
  };
}
