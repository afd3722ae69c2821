import type { Branch, Project } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { findRoute, type RouteResult } from '../routing/route.ts';
import type { ProtocolVersion } from '../wire/protocol-version.ts';
import type { StartupParameters } from '../wire/startup-packet.ts';
import type { StartupMessage } from './opening.ts';
import { endpointsDiffer, endpointUnspecified, noUser } from './refusals.ts';
import type { Visit } from './visit.ts';

/** Where a client wants to go and as whom. One catalog serves a login from here to its end. */
export interface Way {
  readonly catalog: CatalogSnapshot;
  /** `undefined`: the endpoint is unknown, which only a mock exchange may tell (as a wrong password). */
  readonly place: { readonly project: Project; readonly branch: Branch } | undefined;
  readonly endpoint: string | undefined;
  readonly role: string;
  readonly version: ProtocolVersion;
  readonly parameters: StartupParameters;
}

/** Finds the branch by SNI, by `options=endpoint=…`, or the default; takes our word out of `options`. */
export function route(visit: Visit, startup: StartupMessage): Way {
  const { version, parameters } = startup;
  const { record, gate } = visit;
  record.kind = 'session';
  const role = parameters.text('user') ?? '';
  record.role = role;
  record.applicationName = readable(parameters, 'application_name');
  if (role === '') throw noUser();
  const catalog = gate.catalog();
  const servername = record.tls?.servername;
  const found = findRoute(catalog, { servername, options: parameters.text('options') });
  const { place, endpoint } = placeOf(found);
  record.endpoint = endpoint;
  record.project = place?.project.id;
  record.branch = place?.branch.id;
  const options = 'options' in found ? found.options : undefined;
  return { catalog, place, endpoint, role, version, parameters: parameters.with({ options }) };
}

function placeOf(found: RouteResult): Pick<Way, 'place' | 'endpoint'> {
  switch (found.kind) {
    case 'route':
      return { place: { project: found.project, branch: found.branch }, endpoint: found.endpoint };
    case 'unknown-endpoint':
      return { place: undefined, endpoint: found.endpoint };
    case 'unspecified':
      throw endpointUnspecified();
    case 'disagree':
      throw endpointsDiffer();
  }
}

/** For the record only: a client may send any bytes as its name, and that is no reason to refuse it. */
function readable(parameters: StartupParameters, name: string): string | undefined {
  try {
    return parameters.text(name);
  } catch {
    return undefined;
  }
}
