import type { AddressProblem } from '../subscribers/fields.ts';

/** What stands against an address, with the command that leads on from it. */
export function withCommand(message: string, about: Pick<AddressProblem, 'kind' | 'email'> | undefined) {
  const command = about && commands[about.kind](about.email);
  return command ? `${message} ${command}` : message;
}

const commands: Record<AddressProblem['kind'], (email: string) => string | null> = {
  there: (email) => `To change it: subscribers edit ${email}`,
  paused: (email) => `To resume: subscribers edit ${email} --status active`,
  unsubscribed: (email) => `If they asked to come back: subscribers edit ${email} --status active`,
  taken: () => null,
  suppressed: (email) => `If that is over: suppressions remove ${email} --note WHY`,
};
