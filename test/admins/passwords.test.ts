import { describe, expect, test } from 'vitest';
import { createPasswords, judgePassword, owaspCost } from '../../src/admins/passwords.ts';
import { signInWithPassword } from '../../src/admins/sign-in.ts';
import { cheap, openTestAdmins } from './people.ts';

describe('a password hash', () => {
  test('names its cost, has a salt of its own and opens to its password alone', async () => {
    const [one, other] = [
      await cheap.hash('correct horse battery'),
      await cheap.hash('correct horse battery'),
    ];
    expect(one).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(other);
    expect(await cheap.verify('correct horse battery', one)).toBe(true);
    expect(await cheap.verify('correct horse batterY', one)).toBe(false);
  });

  test('is of the same password however it was typed (Unicode NFKC)', async () => {
    expect(await cheap.verify('cafe\u0301 au lait', await cheap.hash('caf\u00e9 au lait'))).toBe(true);
  });

  test('of another cost is still verified, and known to be outdated', async () => {
    const dearer = createPasswords({ N: 32, r: 8, p: 1 });
    const hash = await cheap.hash('correct horse battery');
    expect(await dearer.verify('correct horse battery', hash)).toBe(true);
    expect(dearer.isOutdated(hash)).toBe(true);
    expect(cheap.isOutdated(hash)).toBe(false);
  });

  test.each([
    '',
    'x',
    '$scrypt$ln=40,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('that is none opens to nothing: %j', async (hash) => {
    expect(await cheap.verify('correct horse battery', hash)).toBe(false);
  });

  test('costs what OWASP asks for', () => {
    expect(owaspCost).toEqual({ N: 131_072, r: 8, p: 1 });
  });
});

test('passwords are hashed one at a time: ten sign-ins at once take the memory of one', async () => {
  const passwords = createPasswords({ N: 2 ** 12, r: 8, p: 1 });
  const hash = await passwords.hash('correct horse battery');
  let ended = 0;
  const order = await Promise.all(
    Array.from({ length: 10 }, async (_, n) => {
      await passwords.verify('wrong one entirely', hash);
      ended++;
      return ended === n + 1;
    }),
  );
  expect(order).toEqual(Array(10).fill(true));
});

test('a crowd that types passwords at once is told to wait instead of waiting in line', async () => {
  const passwords = createPasswords({ N: 2 ** 10, r: 8, p: 1 });
  const { deps, store } = openTestAdmins();
  const crowd = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      signInWithPassword(
        { ...deps, passwords },
        { name: `p${n}@example.org`, password: 'wrong password' },
        { network: `n${n}`, device: 'd' },
        0,
      ),
    ),
  );
  await store.close();
  const told = Map.groupBy(crowd, (one) => (one.ok ? 'in' : one.reason));
  expect([told.get('wrong')?.length, told.get('too_often')?.length]).toEqual([15, 25]);
  expect(passwords.isBusy()).toBe(false);
});

describe('a password', () => {
  test.each([
    ['eleven chars', 'a few words', /at least 12/],
    ['of few characters', 'ababababababab', /too few different/],
    ['too long', 'correct horse '.repeat(20), /at most 200/],
    ['that is the address', 'ada@example.org', /your address/],
    ['that begins with the name', 'ada@example.org1', /your address/],
  ])('%s is refused with what is wrong', (_name, password, message) => {
    expect(judgePassword(password, 'ada@example.org')).toMatch(message);
  });

  test.each(['correct horse battery', 'パスワードは長いほうがよい', 'kJ8#mQ2!xZ7p'])(
    'of any kind of characters is taken: %s',
    (password) => {
      expect(judgePassword(password, 'ada@example.org')).toBeNull();
    },
  );
});
