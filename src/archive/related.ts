import type { StoredPaper } from '../papers/paper.ts';
import { paperIdAt, scorePlaces } from '../store/archive.ts';
import { loadPapersByIds } from '../store/papers.ts';
import { findPlaces } from '../store/places.ts';
import type { Db } from '../store/store.ts';
import { phrase } from '../topics/compile.ts';
import { findTellingTerms, likeExpression } from './telling.ts';

/** Of the papers that share words with one, the newest so many are compared. */
const compared = 150;

/** Papers of the archive that are about the same as this one by its telling words. */
export async function findRelated(db: Db, paper: StoredPaper, limit: number): Promise<StoredPaper[]> {
  const texts = [
    { text: paper.title, times: 3 },
    { text: `${paper.abstract ?? paper.tldr ?? ''} ${paper.keywords.join(' ')}`, times: 1 },
  ];
  // A word that this paper alone has finds no other.
  const stems = await findTellingTerms(db, texts, 2);
  const match = likeExpression(stems);
  if (match === null) return [];
  const places = await findPlaces(db, { kind: 'match', table: 'texts', match }, { limit: compared });
  const others = places.filter((place) => paperIdAt(place) !== paper.id);
  const scores = await scorePlaces(
    db,
    stems.map((stem) => phrase([stem])),
    others,
  );
  const best = others
    .sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0) || b - a)
    .slice(0, limit)
    .map(paperIdAt);
  const papers = await loadPapersByIds(db, best);
  return best.flatMap((id) => papers.get(id) ?? []);
}
