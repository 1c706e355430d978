import { iso } from '../clock.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { listDeliveries } from '../store/deliveries.ts';
import { type OwnRows, readOwnRows } from '../store/own-rows.ts';
import type { Db } from '../store/store.ts';
import { findSubscriber } from '../store/subscribers.ts';
import { findSubscribedTopics, listSubscriptions } from '../store/subscriptions.ts';

const atOnce = 200;

/** What each part of the document is, for who reads it. */
const guide = {
  subscriber: 'Your address and settings as they are now. Instants are in UTC, dates where you live.',
  topics: 'The topics that you get now.',
  subscriptions: 'Every topic that you ever had, since when and until when.',
  ownTopics: 'Topics that only you get, with their words; removed ones, too.',
  likesAndDislikes: 'What you asked for more or less of; what was taken back says when.',
  digests:
    'Each digest, what became of it, and the papers in it. What had not arrived gave its papers free again (released).',
  returned: 'What mail servers sent back about mail to you, in their words.',
  suppressions: 'When and why no mail was allowed to your address, and when that ended.',
  signUps: 'Sign-ups by your address of the last days; older ones are forgotten.',
  consents:
    'That you confirmed that you want the mail: asked for when, given when, by which link (its SHA-256).',
  addressChanges: 'New addresses that you asked for and have not confirmed yet.',
  waitingLetters:
    'Letters about another address that are on their way: to the new one, or to the one before it.',
  formerAddresses: 'That you had other addresses; of them only a keyed hash is kept, that nobody can read.',
  history:
    'What you were since when: active, paused, unsubscribed; in which time zone, at what time, on which days.',
  changes:
    'Who changed what about you: you, an admin, a command, or the program by itself. Admins are not named.',
} as const;

/**
 * Everything that is known of a subscriber, for themselves, as a document for JSON that explains itself (`guide`). What is
 * not in it is not kept, but for lines of the log, which name ids alone. Null: there is nobody. As long as their history.
 */
export async function collectOwnData(
  db: Db,
  id: number,
  hashAddress: HashAddress,
  now: number,
): Promise<object | null> {
  const subscriber = await findSubscriber(db, id);
  if (!subscriber || subscriber.status === 'erased') return null;
  const { email, emailKey, status, timezone, digestTime, days, maxPapers, locale, quietMail } = subscriber;
  const rows = await readOwnRows(db, { id, emailKey, addressHash: hashAddress(emailKey) });
  const addressSince = rows.subscriber?.address_since;
  const topics = (await findSubscribedTopics(db, [id])).get(id) ?? [];
  return {
    madeAt: iso(now),
    guide,
    subscriber: {
      ...{ id, email, status, timezone, digestTime, days, maxPapers, locale, quietMail },
      subscribedAt: iso(subscriber.createdAt),
      changedAt: iso(subscriber.updatedAt),
      addressSince: iso(addressSince || subscriber.createdAt),
      nextDigestAt: iso(subscriber.nextDueAt),
      resumeDate: subscriber.resumeDate,
      resumeAt: iso(subscriber.resumeAt),
      linksSwitchedOff: subscriber.linkEpoch,
    },
    topics: topics.map(({ slug, name }) => ({ slug, name })),
    subscriptions: await everySubscription(db, id, rows.subscriptions.length),
    ownTopics: rows.topics.map(({ name, query, description, created_at, updated_at, archived_at }) => ({
      ...{ name, query, description, removed: archived_at !== null, addedAt: iso(created_at) },
      ...{ changedAt: iso(updated_at), removedAt: iso(archived_at) },
    })),
    likesAndDislikes: rows.feedback.map(({ key, title, verdict, created_at, removed_at }) => ({
      ...{ paper: key, title, verdict, said: iso(created_at), takenBack: iso(removed_at) },
    })),
    digests: await everyDigest(db, id),
    ...tellRows(rows),
  };
}

/** The parts that are their rows and little else. */
function tellRows(rows: OwnRows) {
  return {
    returned: rows.returned.map((one) => ({
      ...{ kind: one.class, reason: one.reason, cameBy: one.origin, status: one.status, reply: one.reply },
      ...{ words: one.diagnostic, happenedAt: iso(one.occurred_at), keptAt: iso(one.recorded_at) },
    })),
    suppressions: rows.suppressions.map((one) => ({
      ...{ reason: one.reason, cameBy: one.origin, note: one.note, since: iso(one.created_at) },
      ...{ until: iso(one.lifted_at), endNote: one.lifted_note },
    })),
    signUps: rows.signUps.map((one) => ({
      ...{ email: one.email, asked: JSON.parse(one.wishes) as unknown, askedAt: iso(one.created_at) },
      ...{ forgottenAfter: iso(one.expires_at), mail: one.mail, mailedAt: iso(one.mailed_at) },
      ...{ attempts: one.attempts, confirmedAt: iso(one.confirmed_at) },
    })),
    consents: rows.consents.map(({ asked_at, given_at, link_hash }) => ({
      ...{ askedAt: iso(asked_at), givenAt: iso(given_at), linkHash: link_hash },
    })),
    addressChanges: rows.addressChanges.map(({ email, created_at, expires_at }) => ({
      ...{ email, askedAt: iso(created_at), worksUntil: iso(expires_at) },
    })),
    waitingLetters: rows.waitingLetters.map(({ kind, email, created_at, mail_at, attempts }) => ({
      ...{ kind, email, since: iso(created_at), nextTryAt: iso(mail_at), attempts },
    })),
    formerAddresses: rows.formerAddresses.map(({ address_hash, left_at }) => ({
      ...{ keyedHash: address_hash, leftAt: iso(left_at) },
    })),
    history: rows.events.map(({ at, status, timezone, digest_time, days }) => ({
      ...{ since: iso(at), status, timezone, digestTime: digest_time, days: days.split(',') },
    })),
    changes: rows.changes.map((one) => ({
      ...{ at: iso(one.at), by: who[one.actor], act: one.act, of: one.subject },
      ...{ before: readJson(one.before), after: readJson(one.after) },
    })),
  };
}

const who = {
  admin: 'an admin',
  token: 'an admin’s program',
  subscriber: 'you',
  cli: 'a command',
  system: 'the program',
} as const;

async function everySubscription(db: Db, id: number, count: number): Promise<object[]> {
  return (await listSubscriptions(db, id, count))
    .reverse()
    .map(({ topic, createdAt, endedAt, endedReason }) => ({
      ...{
        topic: topic.slug,
        name: topic.name,
        since: iso(createdAt),
        until: iso(endedAt),
        endedReason,
      },
    }));
}

async function everyDigest(db: Db, subscriberId: number): Promise<object[]> {
  const all: object[] = [];
  for (let beforeId: number | undefined; ; ) {
    const some = await listDeliveries(db, {
      subscriberId,
      limit: atOnce,
      ...(beforeId === undefined ? {} : { beforeId }),
    });
    for (const {
      editionDate,
      status,
      reason,
      detail,
      attempts,
      occasion,
      more,
      messageId,
      papers,
      ...at
    } of some)
      all.push({
        ...{ editionDate, status, reason, serverWords: detail, attempts, occasion, messageId },
        ...{ plannedAt: iso(at.plannedAt), endedAt: iso(at.endedAt), furtherMatches: more },
        papers: papers.map(({ key, title, topic, released }) => ({ key, title, topic, released })),
      });
    beforeId = some.at(-1)?.id;
    if (some.length < atOnce) return all;
  }
}

function readJson(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
