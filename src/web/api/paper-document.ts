import { z } from '@hono/zod-openapi';
import { signalKinds } from '../../papers/paper.ts';
import { count, id, instant } from './schemas.ts';

/** Papers, as the API tells of them. */

export const paperSchema = z
  .object({
    id,
    key: z.string().openapi({ example: 'arxiv:2606.01234' }),
    title: z.string().openapi({ description: 'As it came, with its TeX.' }),
    abstract: z.string().nullable(),
    tldr: z.string().nullable(),
    authors: z.array(z.string()),
    categories: z.array(z.string()),
    keywords: z.array(z.string()),
    organization: z.string().nullable(),
    comment: z.string().nullable(),
    publishedAt: instant.nullable(),
    updatedAt: instant.nullable(),
    announcedAt: instant.nullable(),
    version: z.int().nullable(),
    withdrawnAt: instant.nullable(),
    paperUrl: z.string().nullable(),
    pdfUrl: z.string().nullable(),
    codeUrl: z.string().nullable(),
    projectUrl: z.string().nullable(),
    firstSeenAt: instant,
    lastSeenAt: instant,
    sources: z.array(z.string()),
  })
  .openapi('Paper');

const change = z.object({
  kind: z.enum(signalKinds),
  value: z.number(),
  sinceYesterday: z.number().nullable(),
});
export const listedSchema = z
  .object({
    paper: paperSchema,
    score: z.number(),
    rising: z.boolean(),
    changes: z.array(change).openapi({ description: 'What its signals stand at, and what they gained.' }),
    votesByDay: z.array(z.number()),
    terms: z.array(z.string()).openapi({ description: "Words of the topic's query that were found." }),
  })
  .openapi('ListedPaper');

const trendShape = {
  score: z.number(),
  rising: z.boolean(),
  parts: z
    .array(z.object({ name: z.string(), contribution: z.number(), note: z.string() }))
    .openapi({ description: 'The summands of the score.' }),
  changes: z.array(change),
  votesByDay: z
    .array(z.number())
    .openapi({ description: 'Votes gained on each of the last days, oldest first.' }),
};
export const candidateSchema = z
  .object({
    paper: paperSchema,
    field: z.string().openapi({ description: 'The papers it is compared with.', example: 'cs.CL' }),
    percentile: z.number().min(0).max(1).openapi({ description: 'Of its field, so many are behind it.' }),
    ...trendShape,
  })
  .openapi('Candidate');

export const paperShownSchema = z.object({
  paper: paperSchema,
  signals: z.array(
    z.object({ source: z.string(), kind: z.enum(signalKinds), value: count, observedAt: instant }),
  ),
  trend: z.object(trendShape),
  related: z.array(z.object({ key: z.string(), title: z.string() })),
});
