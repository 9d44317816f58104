import { startTestBroker } from '@drave/broker/testing';
import { startBrokerHttp } from './dist/index.js';
import { get } from 'node:http';
const b = await startTestBroker({topics:{live:1}});
const h = await startBrokerHttp({broker:b.broker, port:0});
const t0=Date.now(); const log=(...a)=>console.log(Date.now()-t0,...a);
const ended = new Promise(r=>get(h.url+'/api/v1/topics/live/messages/stream?follow=true',(res)=>{res.on('data',d=>log(String(d)));res.on('end',()=>{log('end');r()});res.on('close',()=>log('close'))}));
setTimeout(async()=>{log('stop');await h.stop();log('stopped');await b.stop();process.exit(0)},700);
