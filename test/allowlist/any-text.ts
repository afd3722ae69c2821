import fc from 'fast-check';

/**
 * Any text at all, lone surrogates and controls included, most of it short. (fast-check's own `unit: 'binary'`
 * takes a second to begin.)
 */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff })))
  .map((units) => String.fromCharCode(...units));
