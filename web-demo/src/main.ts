import './style/page.css';
import { App } from './app';

void new App().start();
