import { Hono } from 'hono';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { deliveryListPages } from './deliveries.ts';
import { manyPages } from './deliveries-many.ts';
import { deliveryPages } from './delivery.ts';
import { dryRunPages } from './dry-run.ts';
import { runPages } from './runs.ts';
import { templatePreviewPages } from './template-preview.ts';
import { templatePages } from './templates.ts';

/** What was sent, what ran, and what mails look like. */
export function sendingPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  for (const pages of [
    deliveryListPages,
    manyPages,
    deliveryPages,
    runPages,
    dryRunPages,
    templatePages,
    templatePreviewPages,
  ])
    site.route('/', pages(dependencies));
  return site;
}
