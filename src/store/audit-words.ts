/** What is written down about, and where its row is. */
export const auditSubjects = ['topic', 'subscriber', 'delivery', 'suppression', 'admin', 'token'] as const;
export type AuditSubject = (typeof auditSubjects)[number];

/** What was done to it; the same word for the same act on any subject. */
export const auditActs = [
  'add',
  'import',
  'edit',
  'rename',
  'archive',
  'restore',
  'merge',
  'pause',
  'resume',
  'confirm',
  'subscribe',
  'unsubscribe',
  'resubscribe',
  'erase',
  'resolve',
  'retry',
  'release',
  'send',
  'suppress',
  'lift',
  'remove',
  'revoke',
  'link',
  'sign_in',
  'sign_out',
  'password',
  'passkey_add',
  'passkey_remove',
] as const;
export type AuditAct = (typeof auditActs)[number];
