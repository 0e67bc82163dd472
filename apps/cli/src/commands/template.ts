import type { Command } from 'commander';
import { addTemplateCapture } from './template-capture.js';
import { addTemplateCheck } from './template-check.js';
import { addTemplateList } from './template-list.js';

export function addTemplate(program: Command): void {
  const command = program.command('template').description('make, check and list templates of clusters');
  addTemplateCapture(command);
  addTemplateCheck(command);
  addTemplateList(command);
}
