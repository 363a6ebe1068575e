"""RSA public keys as signers publish them, by their size in bits. Made once; the private halves were not kept."""

KEYS = {
    512: (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL5BSuA21dVGbkTi9L79+7daI4aWZuZ8crdnfvUyCFA2I9aBGPgvZHx1eyQ3f3BeNJMY8by5p/5r"
        "gPL9HN2mCuUCAwEAAQ=="
    ),
    1024: (
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvSUQEi4mtYXR4MLlHxSswHDY19LotWzZTPMQ2Pf0Ig/vjm0jvJWuMUA6owGrtW0jQ2gYO"
        "cpUEOE1t6xAXiR67aXrQ+dUma6EqEvvBd3ZMCo/e3aGF4uygs+J6HDAnNHqkILix8UKw+ovrKCOUUDGlnEiPtfunajykk8zTTAWNnwIDAQAB"
    ),
    2048: (
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA38RiKAAwqrFeH/xXh66h/BqoOFE1SafiGvIZOFKmLr94txXabTHaAr5i30tqi4zQ"
        "44vw+89prcB9k+YOtEJCUeT1kRzwzHqVRQL5YQeEcesE+yuVOOfzgPjg6QEhT9bYYS9Gi+gesuvD0CpDR/hUdjA0YoKxI3b0b2k2VSdI5XEC"
        "CfPNokgYKbtoIisafrh7HiMoha9arnYLGE1DywJSZyIEeovFmmboFEYqUsydpgDlGZoLkmyHfz0uDQmwju5FrC93QcdAW0mNBAVAg2xj28zj"
        "oJKnPZqi6bZ7kL4rub0jPeGJD6Y0c7QbFlqh0AyF3u+mviP/quw/enQ2m4zdoQIDAQAB"
    ),
}
#: The same key of 2048 bits without the frame that names its algorithm starts after these octets.
FRAME = 24
#: The public key of RFC 8463, appendix A.2: 32 octets.
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#: An ed25519 key in the frame that other uses of it have.
FRAMED_ED25519 = "MCowBQYDK2VwAyEAcdZnJ/62s76lKk67Y1qhY/NociWnCsvDf4Jp1CoxQyg="
