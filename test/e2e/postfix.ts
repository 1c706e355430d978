import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, idsOf, untilListening } from '../support/dovecot.ts';

/** A Postfix of the test's own: configuration, queue and ports apart from the system's, loopback alone. */
export interface Postfix {
  /** For SMTP_URL. */
  url: string;
  log(): string;
  stop(): Promise<void>;
}

export interface PostfixOptions {
  /** Where mail for readers goes: the port of the next server. */
  nextHop: number;
  /** Bounces to `…@maildir.example.org` go into this Maildir, with its owner's rights. */
  maildir: string;
  owner: { uid: number; gid: number };
  /** Bounces to `…@pipe.example.org` go to this program's standard input, run as nobody. */
  pipeTo: string;
  /** Refused by Postfix itself, at once: `{address=reply}`. */
  refuses: readonly (readonly [address: string, reply: string])[];
  /** Otherwise our Message-ID is taken away: only its return path tells which mail came back. */
  keepsMessageId?: boolean;
}

/** Why there can be none here; null when there can. */
export function whyNoPostfix(): string | null {
  if (process.getuid?.() !== 0) return 'Postfix is started by root only';
  try {
    execFileSync('postconf', ['-h', 'mail_version'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'Postfix is not installed (Debian: postfix)';
  }
}

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-postfix-'));
  chmodSync(folder, 0o755);
  for (const name of ['config', 'queue', 'data']) mkdirSync(join(folder, name));
  const postfix = idsOf('postfix');
  chownSync(join(folder, 'data'), postfix.uid, postfix.gid);
  const port = await freePort();
  writeFileSync(join(folder, 'config/main.cf'), mainConfiguration(folder, options));
  writeFileSync(join(folder, 'config/master.cf'), masterConfiguration(port, options));
  const child = spawn('postfix', ['-c', join(folder, 'config'), 'start-fg'], { stdio: 'ignore' });
  const log = () => readFileSync(join(folder, 'log'), 'utf8');
  await untilListening(port, child).catch((cause: unknown) => {
    throw new Error(`Postfix did not start: ${log()}`, { cause });
  });
  return {
    url: `smtp://127.0.0.1:${port}`,
    log,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // The child is a script that waits for the server, and ends with it.
      process.kill(Number(readFileSync(join(folder, 'queue/pid/master.pid'), 'utf8')), 'SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function mainConfiguration(
  folder: string,
  { nextHop, maildir, owner, refuses, keepsMessageId }: PostfixOptions,
): string {
  const refused = refuses.map(([address, reply]) => `{ ${address} = ${reply} }`).join(', ');
  return `
compatibility_level = 3.6
config_directory = ${folder}/config
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
command_directory = /usr/sbin
daemon_directory = ${postconf('daemon_directory')}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
recipient_delimiter = +
append_dot_mydomain = no
biff = no
smtpd_peername_lookup = no
smtputf8_enable = yes
# What it knows to be undeliverable it takes, and returns.
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{ ${refused} }
transport_maps = inline:{
  { reader.example = smtp:[127.0.0.1]:${nextHop} },
  { nowhere.example = error:5.4.4 Host or domain name not found },
  { pipe.example.org = paperboy: } }
virtual_mailbox_domains = maildir.example.org
virtual_mailbox_base = ${maildir}
virtual_mailbox_maps = inline:{ { bounce@maildir.example.org = ./ } }
virtual_uid_maps = static:${owner.uid}
virtual_gid_maps = static:${owner.gid}
virtual_minimum_uid = 1
${keepsMessageId ? '' : 'header_checks = regexp:{ { /^Message-ID:/ IGNORE } }'}
# Who cannot be reached for now is told of soon, and tried for long.
delay_warning_time = 2s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
`;
}

/** Nothing is chrooted, nothing but loopback is listened to. */
function masterConfiguration(port: number, { pipeTo }: PostfixOptions): string {
  return `
127.0.0.1:${port} inet n - n - - smtpd
pickup   unix n - n 60 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
flush    unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp     unix - - n - - smtp
error    unix - - n - - error
retry    unix - - n - - error
virtual  unix - n n - - virtual
anvil    unix - - n - 1 anvil
scache   unix - - n - 1 scache
postlog  unix-dgram n - n - 1 postlogd
paperboy unix - n n - 1 pipe
  flags=Rhu user=nobody argv=${pipeTo}
`;
}

const postconf = (name: string): string =>
  execFileSync('postconf', ['-hd', name], { encoding: 'utf8' }).trim();
