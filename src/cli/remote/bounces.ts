import { bounceSchema } from '../../web/api/delivery-document.ts';
import { bounceShownSchema } from '../../web/api/returns.ts';
import type { BouncesDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { take } from './pages.ts';

export function remoteBounces(client: Client): BouncesDesk {
  return {
    list(search, { beforeId, limit }) {
      const query = { ...search, limit: beforeId === undefined ? Math.min(limit, 200) : 200 };
      const pages = client.pages('/bounces', query, { name: 'bounces', schema: bounceSchema });
      return take(pages, limit, ({ id }) => beforeId === undefined || id < beforeId);
    },
    show: (id) => client.get(`/bounces/${id}`, {}, bounceShownSchema),
  };
}
