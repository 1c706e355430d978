import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** What a hash costs: N is the cost in time and memory (128·N·r octets). */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html: 128 MiB and a third of a second. */
export const owaspCost: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

export const passwordLength = { least: 12, most: 200 };

/** Hashes and checks passwords, one at a time: each takes memory that a crowd must not be able to multiply. */
export interface Passwords {
  /** `$scrypt$ln=17,r=8,p=1$salt$hash`. */
  hash(password: string): Promise<string>;
  /** Takes as long where there is no hash, and is then false. */
  verify(password: string, hash: string | null): Promise<boolean>;
  /** Whether a hash was made at another cost than new ones are. */
  isOutdated(hash: string): boolean;
  /** So many wait for their turn that one more would wait for seconds. */
  isBusy(): boolean;
}

interface ReadHash {
  cost: ScryptCost;
  salt: Buffer;
  key: Buffer;
}

const keyBytes = 32;
/** A third of a second each. */
const longestQueue = 15;
const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

export function createPasswords(cost: ScryptCost = owaspCost): Passwords {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const inTurn = <T>(steps: () => Promise<T>): Promise<T> => {
    waiting++;
    const turn = last.then(steps, steps).finally(() => waiting--);
    last = turn.catch(() => {});
    return turn;
  };
  const deriveKey = (password: string, salt: Buffer, { N, r, p }: ScryptCost) =>
    inTurn(() => derive(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r }));
  const noHash: ReadHash = { cost, salt: randomBytes(16), key: randomBytes(keyBytes) };
  const prefix = `$scrypt$ln=${Math.log2(cost.N)},r=${cost.r},p=${cost.p}$`;
  return {
    async hash(password) {
      const salt = randomBytes(16);
      const key = await deriveKey(password, salt, cost);
      return `${prefix}${salt.toString('base64url')}$${key.toString('base64url')}`;
    },
    async verify(password, hash) {
      const known = hash === null ? null : readHash(hash);
      const { salt, key, cost: itsCost } = known ?? noHash;
      const isSame = timingSafeEqual(await deriveKey(password, salt, itsCost), key);
      return isSame && known !== null;
    },
    isOutdated: (hash) => !hash.startsWith(prefix),
    isBusy: () => waiting >= longestQueue,
  };
}

/** Null: none of ours. */
function readHash(text: string): ReadHash | null {
  const [, ln, r, p, salt, key] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(text) ?? [];
  if (salt === undefined || key === undefined || Number(ln) > 20) return null;
  return {
    cost: { N: 2 ** Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

/** What stands against a password, for whoever chose it; null: nothing. Long ones of any kind are good (NIST SP 800-63B). */
export function judgePassword(password: string, email: string): string | null {
  const length = [...password].length;
  if (length < passwordLength.least)
    return `A password has at least ${passwordLength.least} characters: a few words in a row will do.`;
  if (length > passwordLength.most) return `A password has at most ${passwordLength.most} characters.`;
  if (new Set(password).size < 5) return 'This password has too few different characters.';
  const local = email.split('@')[0]?.toLowerCase() ?? '';
  const rest = password
    .toLowerCase()
    .replaceAll(email.toLowerCase(), '')
    .replaceAll(local || '@', '');
  if (rest.length < passwordLength.least / 2) return 'This password is little more than your address.';
  return null;
}
