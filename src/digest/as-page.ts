/**
 * A copy of a mail's HTML to be shown as a page of its own. In a mailbox it is an article within a page that has its main
 * part already; alone it is that part (WAI-ARIA `main`). Nothing else changes.
 */
export function asPage(html: string): string {
  // MJML puts them on the element that holds the whole mail, whatever the template.
  return html.replace(' aria-roledescription="email" role="article"', ' role="main"');
}
