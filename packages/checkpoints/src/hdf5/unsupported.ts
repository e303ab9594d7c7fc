import { CascadeError } from '@cascade-diffusion/checks'
