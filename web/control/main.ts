import { start } from './frame.ts';

void start();
