#!/usr/bin/env node
// These lines run on any Node, however old, so that it can say which one is needed.
'use strict';
var NEEDED = 24;

if (parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(
    'portcullis: Node.js ' +
      NEEDED +
      ' or later is needed, this is ' +
      process.version +
      '. In a clone, npm brings it: use "npm start" or "npx portcullis …"; elsewhere install Node.js ' +
      NEEDED +
      '.\n',
  );
  process.exitCode = 2;
} else {
  require('../src/main.ts');
}
