import { arxivSource } from './arxiv.ts';
import { fileSource } from './file.ts';
import { huggingfaceSource } from './huggingface.ts';
import type { Source } from './source.ts';

export const sourceNames = ['huggingface', 'arxiv', 'file'] as const;
export type SourceName = (typeof sourceNames)[number];

/** What the sources need of the configuration. Addresses without a path, for mirrors and tests. */
export interface SourcesConfig {
  /** Which to ask, in this order. */
  sources: readonly SourceName[];
  /** `https://huggingface.co` */
  huggingfaceUrl: string;
  /** `https://export.arxiv.org` */
  arxivApiUrl: string;
  /** `https://rss.arxiv.org` */
  arxivFeedUrl: string;
  arxivCategories: readonly string[];
}

/** The sources that are configured; `file` is read from files alone. */
export function createSources(config: SourcesConfig): Source[] {
  return config.sources.map((name) => createSource(name, config));
}

/** One source, configured to be asked or not: `--source arxiv --file …` needs no setting. */
export function createSource(name: SourceName, config: Omit<SourcesConfig, 'sources'>): Source {
  switch (name) {
    case 'huggingface':
      return huggingfaceSource({ baseUrl: config.huggingfaceUrl });
    case 'arxiv':
      return arxivSource({
        apiUrl: config.arxivApiUrl,
        feedUrl: config.arxivFeedUrl,
        categories: config.arxivCategories,
      });
    case 'file':
      return fileSource();
  }
}
