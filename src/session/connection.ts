import { admit } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { cancel } from './cancel.ts';
import { checkCertificate } from './check-certificate.ts';
import { connectUpstream } from './connect-upstream.ts';
import { joinCrowd } from './crowd.ts';
import { greet } from './greet.ts';
import { locate } from './locate.ts';
import { readOpening } from './opening.ts';
import type { Arrival, Gate } from './ports.ts';
import { putOnRecord } from './put-on-record.ts';
import { refuse } from './refuse.ts';
import { relay } from './relay.ts';
import { route } from './route.ts';
import { secure } from './secure.ts';
import { Visit } from './visit.ts';

/**
 * THE STORY of a connection: each line is a chapter, told in the file of its name. A chapter that says no
 * throws; whatever happens, both legs are closed and the journal hears of it. Never rejects.
 */
export async function serveConnection(arrival: Arrival, gate: Gate): Promise<void> {
  using visit = new Visit(arrival, gate);
  // A function of its own, left before the relay begins: what it took to log in, the client's keys among it, goes then.
  const story = async (): Promise<void> => {
    await locate(visit);
    const crowded = await joinCrowd(visit);
    const plain = await secure(visit);
    const opening = plain ?? (await readOpening(visit));
    if (opening.kind === 'cancel-request') return await cancel(visit, opening);
    if (crowded !== undefined) throw crowded;
    const way = route(visit, opening);
    admit(visit, way);
    checkCertificate(visit, way);
    const identity = await authenticate(visit, way);
    const errand = await authorize(visit, way, identity);
    const upstream = await connectUpstream(visit, errand);
    await putOnRecord(visit);
    greet(visit, errand, upstream);
    return relay(visit, errand.branch, upstream);
  };
  try {
    await story();
  } catch (cause) {
    await refuse(visit, cause);
  }
}
