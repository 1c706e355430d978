import { leastShared, nearDuplicate, type Signature, signatureOf } from './similar.ts';

/** Papers by the hashes by which a near-duplicate of theirs has to be found. */
type Places = Map<number, number[]>;

/**
 * Gives the ids of the near-duplicates of a paper among `papers`, in their order. Asked for one, it compares only what
 * can be alike: two sets that share enough have one of their first hashes in common (prefix filtering, Chaudhuri et
 * al., ICDE 2006). The same as comparing with all, and thousands of papers are asked in the time of one. Signatures are
 * made when it is first asked.
 */
export function createTwinFinder(
  papers: readonly { id: number; title: string; abstract: string | null }[],
): (paperId: number) => readonly number[] {
  const known = new Map<number, readonly number[]>();
  let index: ReturnType<typeof buildIndex> | null = null;
  return (paperId) => {
    const found = known.get(paperId);
    if (found) return found;
    index ??= buildIndex(papers);
    const twins = index(paperId);
    known.set(paperId, twins);
    return twins;
  };
}

function buildIndex(
  papers: readonly { id: number; title: string; abstract: string | null }[],
): (paperId: number) => readonly number[] {
  const signatures = papers.map(signatureOf);
  const places = new Map(papers.map(({ id }, place) => [id, place]));
  const titles: Places = new Map();
  const abstracts: Places = new Map();
  signatures.forEach((signature, place) => {
    for (const hash of leastShared(signature, 'title')) note(titles, hash, place);
    for (const hash of leastShared(signature, 'abstract')) note(abstracts, hash, place);
  });
  return (paperId) => {
    const place = places.get(paperId);
    const own = place === undefined ? undefined : signatures[place];
    if (place === undefined || own === undefined) return [];
    const alike = new Set<number>();
    for (const hash of leastShared(own, 'title'))
      for (const other of titles.get(hash) ?? []) alike.add(other);
    for (const hash of leastShared(own, 'abstract'))
      for (const other of abstracts.get(hash) ?? []) alike.add(other);
    alike.delete(place);
    return [...alike]
      .sort((a, b) => a - b)
      .filter((other) => nearDuplicate(own, signatures[other] as Signature))
      .map((other) => papers[other]?.id ?? 0);
  };
}

function note(places: Places, hash: number, place: number): void {
  const list = places.get(hash);
  if (list) list.push(place);
  else places.set(hash, [place]);
}
