import t from 'tap';
import { baseFolderOf, pathFrom } from '../../src/config/base-folder.ts';

t.test(
  'Paths start from the folder of the file, or from the one above a folder called config.',
  async (t) => {
    t.equal(baseFolderOf('/home/me/app/config/portcullis.yaml'), '/home/me/app');
    t.equal(baseFolderOf('/home/me/app/.portcullis/portcullis.yaml'), '/home/me/app/.portcullis');
    t.equal(baseFolderOf('/etc/portcullis/portcullis.yaml'), '/etc/portcullis');
    t.equal(baseFolderOf('/config/portcullis.yaml'), '/');
    t.equal(baseFolderOf('/srv/config.d/portcullis.yaml'), '/srv/config.d');
  },
);

t.test('A written path starts from the base, an absolute one from the root.', async (t) => {
  t.equal(pathFrom('/srv', 'certs/server.crt'), '/srv/certs/server.crt');
  t.equal(pathFrom('/srv', '../other/a'), '/other/a');
  t.equal(pathFrom('/srv', '/etc/a'), '/etc/a');
});
