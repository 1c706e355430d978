/** mjml 5 ships no types; this is what is used of it (https://documentation.mjml.io/#inside-node-js). */
declare module 'mjml' {
  export interface MjmlProblem {
    line: number;
    message: string;
    tagName: string;
    /** `Line 3 of /path/file.mjml (mj-text) — Attribute x is illegal`. */
    formattedMessage: string;
  }
  export interface MjmlOptions {
    filePath?: string;
    actualPath?: string;
    ignoreIncludes?: boolean;
    /** Further folders that includes may be in. */
    includePath?: string | string[];
    validationLevel?: 'strict' | 'soft' | 'skip';
    minify?: boolean;
    minifyOptions?: Record<string, unknown>;
    fonts?: Record<string, string>;
  }
  /** Rejects with an error that has `errors` when validation is strict and fails. */
  export default function mjml2html(
    mjml: string,
    options?: MjmlOptions,
  ): Promise<{ html: string; errors: MjmlProblem[] }>;
}
