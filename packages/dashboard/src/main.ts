import { mount } from 'svelte'
import App from './App.svelte'
import './screens/routes.ts'
import './tokens.css'
import './base.css'

mount(App, { target: document.body })
