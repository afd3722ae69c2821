/**
 * After this long without traffic the kernel asks whether the peer is still there, in ms. Node's probes follow a
 * second apart, ten of them, so that a peer that vanished is found within about 70 s on both legs.
 */
export const KEEPALIVE_MS = 60_000;
