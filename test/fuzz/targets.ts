import type { Target } from './target.ts';

/** Every target by its name, which is its corpus's too. Loaded when it is run: some start a gateway. */
const TARGETS: ReadonlyMap<string, () => Promise<Target>> = new Map([
  ['opening', async () => (await import('./targets/opening.ts')).opening],
  ['frames', async () => (await import('./targets/frames.ts')).frames],
  ['login', async () => (await import('./targets/login.ts')).login],
  ['errors', async () => (await import('./targets/errors.ts')).errors],
  ['rows', async () => (await import('./targets/rows.ts')).rows],
  ['statement', async () => (await import('./targets/statement.ts')).statement],
  ['scram-server', async () => (await import('./targets/scram-server.ts')).scramServer],
  ['scram-client', async () => (await import('./targets/scram-client.ts')).scramClient],
  ['proxy', async () => (await import('./targets/proxy.ts')).proxy],
  ['routing', async () => (await import('./targets/routing.ts')).routing],
  ['allowlist', async () => (await import('./targets/allowlist.ts')).allowlist],
  ['config', async () => (await import('./targets/config.ts')).config],
  ['catalog', async () => (await import('./targets/catalog.ts')).catalog],
  ['environment', async () => (await import('./targets/environment.ts')).environment],
  ['verifier', async () => (await import('./targets/verifier.ts')).verifier],
  ['sealed', async () => (await import('./targets/sealed.ts')).sealed],
  ['certificate', async () => (await import('./targets/certificate.ts')).certificate],
  ['pem', async () => (await import('./targets/pem.ts')).pem],
  ['revocation', async () => (await import('./targets/revocation.ts')).revocation],
  ['live-client', async () => await (await import('./targets/live-client.ts')).openLiveClient()],
  ['live-upstream', async () => await (await import('./targets/live-upstream.ts')).openLiveUpstream()],
]);

/** Run only where they are named: their faults prove that faults are found. */
const FAULTY: ReadonlyMap<string, () => Promise<Target>> = new Map([
  ['planted-throw', async () => (await import('./targets/planted.ts')).plantedThrow],
  ['planted-stray', async () => (await import('./targets/planted.ts')).plantedStray],
  ['planted-hang', async () => (await import('./targets/planted.ts')).plantedHang],
  ['planted-death', async () => (await import('./targets/planted.ts')).plantedDeath],
  ['planted-slow', async () => (await import('./targets/planted.ts')).plantedSlow],
  ['planted-leak', async () => (await import('./targets/planted.ts')).plantedLeak],
  ['planted-greed', async () => (await import('./targets/planted.ts')).plantedGreed],
]);

export const TARGET_NAMES: readonly string[] = [...TARGETS.keys()];
export const PLANTED: readonly string[] = [...FAULTY.keys()];

export async function openTarget(name: string): Promise<Target> {
  const open = TARGETS.get(name) ?? FAULTY.get(name);
  if (open === undefined) throw new Error(`no target is called ${name}`);
  return await open();
}
