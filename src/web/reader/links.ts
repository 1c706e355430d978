import type { Subscriber } from '../../store/subscribers.ts';
import { type LinkHolder, signToken } from '../../subscribers/tokens.ts';
import { basePath, type WebDependencies } from '../context.ts';

/** The paths of a subscriber's own pages, as the links in their next mail have them. */
export interface ReaderLinks {
  preferences(holder: LinkHolder): string;
  unsubscribe(holder: LinkHolder): string;
}

export function readerLinks({ config }: WebDependencies): ReaderLinks {
  const base = basePath(config);
  const link = (purpose: 'preferences' | 'unsubscribe', { subscriberId, linkEpoch }: LinkHolder) =>
    `${base}/${purpose}/${signToken({ purpose, subscriberId, linkEpoch }, config.secretKey)}`;
  return {
    preferences: (holder) => link('preferences', holder),
    unsubscribe: (holder) => link('unsubscribe', holder),
  };
}

export function holderOf({ id, linkEpoch }: Subscriber): LinkHolder {
  return { subscriberId: id, linkEpoch };
}
