/** Finds papers by arXiv category; a document is a position in the list it was built from, 0… */
export interface CategoryIndex {
  /** `cs.LG`: that category; `cs` and `cs.*`: the archive; `cs.L*`: what begins so. Ascending. */
  find(category: string): number[];
}

/** Categories are compared without regard to case (https://arxiv.org/category_taxonomy). */
export function buildCategoryIndex(categoriesOfDocuments: readonly (readonly string[])[]): CategoryIndex {
  const documents = new Map<string, Set<number>>();
  categoriesOfDocuments.forEach((categories, document) => {
    for (const category of categories) {
      const key = category.toLowerCase();
      const set = documents.get(key);
      if (set) set.add(document);
      else documents.set(key, new Set([document]));
    }
  });
  return {
    find(typed) {
      const wanted = typed.toLowerCase();
      const prefix = wanted.endsWith('*') ? wanted.slice(0, -1) : `${wanted}.`;
      const archive = wanted.replace(/\.?\*$/, '');
      const found = new Set<number>();
      for (const [category, set] of documents)
        if (category === archive || category.startsWith(prefix))
          for (const document of set) found.add(document);
      return [...found].sort((one, other) => one - other);
    },
  };
}
