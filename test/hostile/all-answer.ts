import { query } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';

/** Whether every live session that runs a query is answered. */
export async function allAnswer(lives: readonly { readonly client: RawClient }[]): Promise<boolean> {
  const answers = lives.map(async ({ client }) => {
    client.send(query('select 1'));
    for (;;) {
      const { type } = await client.readFrame();
      if (type === 'E'.charCodeAt(0)) return false;
      if (type === 'Z'.charCodeAt(0)) return true;
    }
  });
  return (await Promise.all(answers)).every(Boolean);
}
