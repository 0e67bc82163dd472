/**
 * One end of a tunnel in the benchmark, made of this repository's library; ../go is the same with Go's.
 *
 *     end server             accepts tunnels and dials through them
 *     end client URL         opens tunnels and serves dials in this process
 */
import { connect } from './client.js';
import { serve } from './server.js';

const [role, url] = process.argv.slice(2);
if (role === 'server') await serve();
else if (role === 'client' && url !== undefined) await connect(url);
else throw new Error('usage: end server | end client URL');
