import { command } from '../command.ts'
import { oneOf } from '../inputs.ts'

export const completionCommand = command({
  name: 'completion',
  summary: 'print a script that completes commands and options in a shell',
  about: 'For `cascade-diffusion` on the path, as after `npm install --global cascade-diffusion`.',
  arguments: { shell: oneOf(['bash', 'zsh', 'fish'], 'the shell', { value: 'SHELL', required: true }) },
  examples: [
    { call: 'completion bash >> ~/.bashrc', does: 'bash, from the next session on' },
    { call: 'completion zsh >> ~/.zshrc', does: 'zsh' },
    { call: 'completion fish > ~/.config/fish/completions/cascade-diffusion.fish', does: 'fish' },
  ],
  run: () => import('./run.ts'),
})
