/** Values of RFC 8448 §3, "Simple 1-RTT Handshake". */
export const rfc8448 = {
  clientHello: hex(
    '010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b' +
      '0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104002300000033002600240' +
      '01d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e04030' +
      '5030603020308040805080604010501060102010402050206020202002d00020101001c00024001',
  ),
  serverHello: hex(
    '020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c98288' +
      '76112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304',
  ),
  clientShare: hex('99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c'),
  sharedSecret: hex('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d'),
  hashOfHellos: hex('860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8'),
  hashUpToServerFinished: hex('9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13'),
  handshakeSecret: hex('1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac'),
  mainSecret: hex('18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919'),
  clientHandshakeSecret: hex('b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21'),
  serverHandshakeSecret: hex('b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38'),
  serverHandshakeKey: hex('3fce516009c21727d0f2e4e86ee403bc'),
  serverHandshakeIv: hex('5d313eb2671276ee13000b30'),
  clientFinished: hex('a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61'),
  clientFinishedRecord: hex(
    '170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546',
  ),
  clientSecret: hex('9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5'),
  serverSecret: hex('a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643'),
  /** The bytes 0 to 49, the client's first record. */
  clientData: hex(
    '1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a29770' +
      '14bd1e3deae63aeebb21694915e4',
  ),
  clientCloseNotify: hex('1703030013c9872760655666b74d7ff1153efd6db6d0b0e3'),
  /** The same bytes from the server, its second record: a session ticket went before. */
  serverData: hex(
    '17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c00' +
      '47c2abf332540dd032e167c2955d',
  ),
  serverCloseNotify: hex('1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9'),
};

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
