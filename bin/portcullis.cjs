#!/usr/bin/env node
// These lines run on any Node, however old, and on Bun, so that they can say which one is needed.
'use strict';
var NEEDED_NODE = 24;
/** Major and minor version: the first that the tests passed on. */
var NEEDED_BUN = [1, 4];

var bun = process.versions.bun;
var wanted = process.env.PORTCULLIS_RUNTIME || (bun ? 'bun' : 'node');

function refuse(message) {
  process.stderr.write('portcullis: ' + message + '\n');
  process.exitCode = 2;
}

function isOld(version, needed) {
  var numbers = version.split('.').map(Number);
  return numbers[0] < needed[0] || (numbers[0] === needed[0] && numbers[1] < needed[1]);
}

/** Bun takes the place of this process: the same id and standard streams, and signals come as they did. */
function becomeBun() {
  // sd_listen_fds(3): Node marks what it inherits to be closed when another program takes its place.
  if (process.env.LISTEN_FDS) {
    return refuse(
      'sockets that were handed over would be lost: start bin/portcullis-bun instead of bin/portcullis.cjs.',
    );
  }
  process.execve('/bin/sh', ['sh', __dirname + '/portcullis-bun'].concat(process.argv.slice(2)));
}

if (wanted !== 'node' && wanted !== 'bun') {
  refuse('PORTCULLIS_RUNTIME is node or bun.');
} else if (bun && wanted === 'node') {
  refuse('PORTCULLIS_RUNTIME=node, and this is Bun: use "node bin/portcullis.cjs", or unset it.');
} else if (bun && isOld(bun, NEEDED_BUN)) {
  refuse('Bun ' + NEEDED_BUN.join('.') + ' or later is needed, this is ' + bun + '.');
} else if (!bun && isOld(process.versions.node, [NEEDED_NODE, 0])) {
  refuse(
    'Node.js ' +
      NEEDED_NODE +
      ' or later is needed, this is ' +
      process.version +
      '. In a clone, npm brings it: use "npm start" or "npx portcullis …"; elsewhere install Node.js ' +
      NEEDED_NODE +
      '.',
  );
} else if (!bun && wanted === 'bun') {
  becomeBun();
} else {
  require('../src/main.ts');
}
