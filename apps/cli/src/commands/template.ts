import type { Command } from 'commander';
import { addTemplateCapture } from './template-capture.js';
import { addTemplateCheck } from './template-check.js';

export function addTemplate(program: Command): void {
  const command = program.command('template').description('make and check templates of clusters');
  addTemplateCapture(command);
  addTemplateCheck(command);
}
