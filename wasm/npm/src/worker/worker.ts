/** The dedicated worker of a session with one thread. */
import { Engine } from '../engine/engine.js';
import { serve } from './worker_loop.js';

serve(new Engine());
